; first line
; second
; a remark
;
; another
(set-info :smt-lib-version 2.6)
(set-info :status sat)
(set-option :produce-unsat-cores true)
(set-logic QF_BV)
(declare-const a (_ BitVec 4))
(declare-const |odd name| (_ BitVec 4))
(declare-const p Bool)
(define-fun term!0 () (_ BitVec 4) (bvadd a |odd name|))
; what it is
(assert (! (bvule term!0 (bvsub term!0 a)) :named |assert:sum|))
(assert (! (= (bvand a (bvor |odd name| (_ bv3 4))) (bvnot |odd name|)) :named |assert:mask|))
(assert (! (and p (or (not p) (bvult a |odd name|)) (= p (bvult |odd name| a))) :named |assert:truths|))
(assert (! (= (ite p (bvmul a |odd name|) (bvshl a (_ bv1 4))) (bvxor (bvlshr a (_ bv2 4)) (bvadd (bvurem |odd name| (_ bv3 4)) (bvudiv |odd name| (_ bv2 4))))) :named |assert:rest|))
(check-sat)
