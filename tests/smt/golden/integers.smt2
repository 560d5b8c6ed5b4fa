; first line
; second
(set-logic QF_LIA)
(define-fun word+ ((x Int) (y Int)) Int (ite (< (+ x y) 16) (+ x y) (- (+ x y) 16)))
(define-fun word- ((x Int) (y Int)) Int (ite (<= y x) (- x y) (+ (- x y) 16)))
(declare-const a Int)
(assert (and (<= 0 a) (< a 16)))
(declare-const |odd name| Int)
(assert (and (<= 0 |odd name|) (< |odd name| 16)))
(declare-const p Bool)
(define-fun term!0 () Int (word+ a |odd name|))
(declare-const any!0 Int)
(assert (and (<= 0 any!0) (< any!0 16)))
(declare-const any!1 Int)
(assert (and (<= 0 any!1) (< any!1 16)))
(declare-const any!2 Int)
(assert (and (<= 0 any!2) (< any!2 16)))
(assert (<= term!0 (word- term!0 a))) ; sum
(assert (= any!0 (- 15 |odd name|))) ; mask
(assert (and p (or (not p) (< a |odd name|)) (= p (< |odd name| a)))) ; truths
(assert (= (ite p any!1 (mod (* 2 a) 16)) any!2)) ; rest
(check-sat)
